"""Finding and downloading files; the network is a function that the test replaces."""

import errno
import gzip
import hashlib
import os
from pathlib import Path

import pytest

from constnet.data import download
from constnet.data.download import RemoteFile, cache_directory, locate
from constnet.errors import DataError, FormatError, StorageError, UsageError

CONTENT = b"the content of the file"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
FILE = RemoteFile(
    "set/file.bin", DIGEST, ("https://a.example/file.bin", "https://b.example/file.bin")
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CONSTNET_DATA", raising=False)
    return tmp_path / "cache" / "constnet" / "data"


@pytest.fixture
def network(monkeypatch):
    answers = {}
    asked = []

    def fetch(url):
        asked.append(url)
        if url not in answers:
            raise OSError("no route to host")
        return answers[url]

    monkeypatch.setattr(download, "_fetch", fetch)
    return answers, asked


def test_downloads_once_and_keeps_the_file(network, cache):
    answers, asked = network
    answers["https://b.example/file.bin"] = CONTENT
    path = locate(FILE)
    assert path == cache / "set" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert locate(FILE) == path
    assert asked == list(FILE.urls)
    assert [entry.name for entry in path.parent.iterdir()] == ["file.bin"]


def test_a_gz_is_pinned_by_its_content(network):
    answers, _ = network
    file = RemoteFile("set/file.gz", DIGEST, ("https://a.example/file.gz",))
    answers["https://a.example/file.gz"] = gzip.compress(CONTENT, 1)
    assert gzip.decompress(locate(file).read_bytes()) == CONTENT


def test_the_users_directory_comes_first(network, tmp_path, monkeypatch):
    own = tmp_path / "own"
    (own / "set").mkdir(parents=True)
    (own / "set" / "file.bin").write_bytes(b"mine")
    monkeypatch.setenv("CONSTNET_DATA", str(own))
    assert locate(FILE).read_bytes() == b"mine"
    assert network[1] == []


def test_another_digest_keeps_nothing(network, cache):
    network[0]["https://a.example/file.bin"] = b"tampered"
    with pytest.raises(FormatError, match=rf"delivered 8 bytes with SHA-256 .* pinned to {DIGEST}"):
        locate(FILE)
    assert not cache.exists()


def test_offline_says_where_to_put_the_file(network, cache):
    with pytest.raises(DataError) as caught:
        locate(FILE)
    text = str(caught.value)
    assert "https://a.example/file.bin: no route to host" in text
    assert f"put the file at {cache / 'set' / 'file.bin'}" in text
    assert "or set CONSTNET_DATA to a directory that holds set/file.bin" in text


def test_a_users_directory_that_does_not_exist(tmp_path, monkeypatch):
    monkeypatch.setenv("CONSTNET_DATA", str(tmp_path / "absent"))
    with pytest.raises(UsageError, match=r"CONSTNET_DATA is .*absent', which is not a directory"):
        locate(FILE)


def test_a_full_disk_leaves_nothing_behind(network, cache, monkeypatch):
    network[0]["https://a.example/file.bin"] = CONTENT

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match=r"cannot keep .*file\.bin \(23 bytes\).*No space left"):
        locate(FILE)
    assert list((cache / "set").iterdir()) == []


def test_a_cache_that_cannot_be_written(network, cache):
    network[0]["https://a.example/file.bin"] = CONTENT
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the directory should be")
    with pytest.raises(StorageError, match=r"cannot write to the cache .* or set CONSTNET_DATA"):
        locate(FILE)


def test_only_https():
    with pytest.raises(OSError, match=r"http://a.example does not start with https://"):
        download._fetch("http://a.example")


@pytest.mark.parametrize(
    ("platform", "variable", "value", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "/c", "/c/constnet/data"),
        ("win32", "LOCALAPPDATA", "/c", "/c/constnet/data"),
        ("darwin", "HOME", "/home/a", "/home/a/Library/Caches/constnet/data"),
    ],
)
def test_the_cache_of_each_system(monkeypatch, platform, variable, value, expected):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, value)
    assert cache_directory() == Path(expected)
