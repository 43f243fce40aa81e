//go:build !unix

package listen

import (
	"errors"
	"os"
)

func checkListening(int) error { return errors.New("descriptors cannot be inherited on this system") }

func closeOnExec(int) {}

func duplicate(uintptr, string) (*os.File, error) { return nil, errors.ErrUnsupported }
