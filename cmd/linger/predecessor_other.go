//go:build !linux

package main

import (
	"errors"
	"os"
)

func duplicateTo(*os.File, int) error { return errors.ErrUnsupported }
