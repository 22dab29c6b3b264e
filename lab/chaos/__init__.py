"""A storm over a real server: everything that can go wrong, at once, by the dice."""
