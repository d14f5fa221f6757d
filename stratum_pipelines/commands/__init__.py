"""The commands of the pipelines, a file each. They read arguments, call one function and print; nothing is computed here."""
