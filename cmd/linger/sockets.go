package main

import (
	"context"
	"errors"
	"net"

	"github.com/lingerws/linger/cmd/linger/internal/listen"
	"github.com/lingerws/linger/websocket"
)

// socket is a listening socket of the process, which a new process inherits during an upgrade.
type socket struct {
	role     string       // for which configuration it was opened, the same in the new process
	given    net.Listener // has the descriptor
	pausable *websocket.PausableListener
}

// sockets are the listening sockets of a process: those for clients, and that of the administration.
type sockets []socket

// inherited returns a descriptor of each socket, for the new process. The caller closes the files.
func (s sockets) inherited() (list []listen.Inherited, err error) {
	for _, one := range s {
		file, err := listen.File(one.given)
		if err != nil {
			for _, opened := range list {
				_ = opened.File.Close()
			}
			return nil, err
		}
		list = append(list, listen.Inherited{Role: one.role, File: file})
	}
	return list, nil
}

// pause stops accepting connections, and resume goes on with it.
func (s sockets) pause() {
	for _, one := range s {
		one.pausable.Pause()
	}
}

func (s sockets) resume() {
	for _, one := range s {
		one.pausable.Resume()
	}
}

// settled blocks until net/http knows of all requests that have been accepted. The error is that of ctx.
func (s sockets) settled(ctx context.Context) (err error) {
	for _, one := range s {
		err = errors.Join(err, one.pausable.Settled(ctx))
	}
	return err
}

// own sets whether closing the sockets removes the files of those on Unix sockets.
func (s sockets) own(own bool) {
	for _, one := range s {
		if !listen.IsPassed(one.role) {
			listen.Own(one.given, own)
		}
	}
}
