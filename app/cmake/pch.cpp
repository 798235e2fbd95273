// Nothing of its own: the target that compiles it makes the precompiled header that others reuse.
