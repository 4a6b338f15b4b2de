"""A Django project as `startproject` makes it, which serves the measured requests for the peers."""
