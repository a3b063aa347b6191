"""Tests of the folder mail: real sockets, real storage, hostile bytes."""
