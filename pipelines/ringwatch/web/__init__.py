"""The review page: what reviewers read and decide, in a browser. It calls the desk that the command line calls, too."""
