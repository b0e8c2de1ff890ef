"""RQ jobs: thin, by name, without arguments. The rows in the database say what there is to do."""
