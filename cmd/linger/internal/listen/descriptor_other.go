//go:build !unix

package listen

import "errors"

func checkListening(int) error { return errors.New("descriptors cannot be inherited on this system") }

func closeOnExec(int) {}
