package main

import "os"

// isOwn reports false: on this system no process hands over to another one.
func isOwn(os.FileInfo) bool { return false }
