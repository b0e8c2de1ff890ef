"""Pure rules, standard library only: time and settings are handed in, words are found at the edge."""
