"""The test fleet: a mock NAS and bare Debian hosts in containers. Standard library only; see cli.py."""
