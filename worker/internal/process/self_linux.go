package process

// Self returns the path of this program for a child with [Serve]. The link leads to the program that runs, even if its file was
// replaced by another version.
func Self() (string, error) { return "/proc/self/exe", nil }
