"""Beyond one training at a time: stages side by side, and sweeps over several machines."""
