"""People at work on a site, for deploy/loadtest: what they do, what they met, what it took."""
