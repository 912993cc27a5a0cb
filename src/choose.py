"""Stage `choose`: params.yaml as a whole checked, and which methods run, in data/methods.

It comes before the stages that tune, train and evaluate, so that what is wrong is told before any
of their outputs is removed. `prepare` checks params.yaml itself.
"""

from textune.errors import run


def main() -> None:
    from textune.params import read_params

    params = read_params()

    from textune.pipeline.choosing import choose

    choose(params)


if __name__ == "__main__":
    run(main)
