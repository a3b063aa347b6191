"""Tests of the folder templates: filters; sentences are tested where they are said."""
