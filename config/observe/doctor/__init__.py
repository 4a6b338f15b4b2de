"""`manage.py doctor`: look at each part of the site, and say what is wrong and what to type."""
