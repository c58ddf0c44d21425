import argparse

import pytest

from constnet.cli import command


def test_threads_are_optional_and_whole():
    parser = argparse.ArgumentParser()
    command.add_threads(parser)
    assert parser.parse_args([]).threads is None
    assert parser.parse_args(["--threads", "2"]).threads == 2


def test_model_is_the_first_argument():
    parser = argparse.ArgumentParser()
    command.add_model(parser)
    assert parser.parse_args(["a.safetensors"]).model == "a.safetensors"


def test_threads_that_were_not_given_change_nothing():
    command.set_threads(argparse.Namespace(threads=None))


@pytest.mark.parametrize("text", ["0", "-2", "x", "1.5"])
def test_a_count_is_a_whole_number_from_one(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a whole number from 1 on"):
        command.count(text)


def test_a_count():
    assert command.count("3") == 3
