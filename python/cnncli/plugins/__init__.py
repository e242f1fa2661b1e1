"""Plugins: Python files of users with layers, losses and optimizers of their own. Only files that users name run."""

from cnncli.plugins.loading import Plugin as Plugin
from cnncli.plugins.loading import load_plugin as load_plugin
