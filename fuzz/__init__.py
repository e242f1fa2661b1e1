"""Files that nobody would write, by the million: what reads them refuses them in a line or is right."""
