package main

import (
	"fmt"
	"log/slog"
	"runtime"

	"github.com/lingerws/linger/websocket"
)

// ioFlags is the flag that selects how connections are read and written.
type ioFlags struct {
	IO string `name:"io" default:"auto" enum:"auto,ring,readiness,blocking" help:"How connections are read and written: ring with io_uring, readiness with epoll, blocking with a goroutine for each, or auto, the first of these that the system permits. The behaviour is the same."`
}

// way returns the option of package websocket.
func (f ioFlags) way() (io websocket.IO) {
	_ = io.UnmarshalText([]byte(f.IO)) // kong has checked it
	return io
}

// report logs that io_uring is not used although the flag permits it. refused is the error of driver.CheckRings.
func (f ioFlags) report(log *slog.Logger, refused error) {
	if way := f.way(); refused != nil && (way == websocket.IOAuto || way == websocket.IORing) {
		log.Info("io_uring is not used", "reason", refused)
	}
}

// bestWay returns what --io=auto stands for, and why that is not ring. refused is the error of driver.CheckRings.
func bestWay(refused error) string {
	switch {
	case refused == nil:
		return websocket.IORing.String()
	case runtime.GOOS == "linux":
		return fmt.Sprintf("%v (%v)", websocket.IOReadiness, refused)
	}
	return fmt.Sprintf("%v (%v)", websocket.IOBlocking, refused)
}
