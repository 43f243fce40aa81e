//go:build linux

// Command handover counts the messages of each connection, and replaces itself without closing one: on SIGUSR2 it starts its
// binary again, which can be another one by then, and hands its connections over.
//
//	go build -o /tmp/handover ./examples/handover && /tmp/handover
//	kill -USR2 $(pidof handover)
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

// count answers each message with its number, and the process that has answered.
func count(m *linger.Message) {
	n, err := linger.Data[int](m.Socket)
	report(err)
	report(m.Socket.SetData(n + 1))
	report(m.Socket.Send(linger.Text(fmt.Sprintf("message %d, process %d", n+1, os.Getpid()))))
}

func report(err error) {
	if err != nil {
		log.Print(err)
	}
}

func main() {
	address := flag.String("listen", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	program, err := os.Executable() // before the file is replaced
	if err != nil {
		log.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, os.Interrupt) // before a client can see this process
	server := linger.NewServer(linger.HandlerFuncs{OnMessage: count}, linger.Options{})
	arrived := make(chan struct{}) // closed when the old process has nothing left
	listener, err := listen(server, *address, func(err error) {
		report(err)
		close(arrived)
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("process %d runs at http://%s/", os.Getpid(), listener.Addr())
	pausable := websocket.NewPausableListener(listener)
	go func() {
		<-arrived // a process hands over what it has
		for s := range signals {
			if s == os.Interrupt {
				report(server.Shutdown(context.Background()))
				return
			}
			report(handOver(server, listener, pausable, program))
		}
	}()
	if err := server.Serve(pausable); !errors.Is(err, http.ErrServerClosed) { // returns after Shutdown and after a hand-over
		log.Fatal(err)
	}
}

// listen takes over the listener and the connections of the old process. Without one it opens a listener. It calls ended when the old process has
// nothing left.
func listen(server *linger.Server, address string, ended func(error)) (listener net.Listener, err error) {
	link, err := linger.InheritedLink()
	if err != nil {
		return nil, err
	}
	if link == nil {
		ended(nil)
		return net.Listen("tcp", address)
	}
	err = server.Receive(context.Background(), link, linger.ReceiveOptions{
		Listener: func(_ string, file *os.File) (err error) {
			listener, err = net.FileListener(file)
			return errors.Join(err, file.Close())
		},
		Ended: ended,
	})
	return listener, err
}

// handOver starts the program again and hands everything over to it. After an error, this process goes on.
func handOver(server *linger.Server, listener net.Listener, pausable *websocket.PausableListener, program string) error {
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // a duplicate
	command := exec.Command(program, os.Args[1:]...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	next, err := linger.StartNewProcess(command)
	if err != nil {
		return err
	}
	result, err := server.Handover(context.Background(), next.Link, linger.HandoverOptions{
		Listeners: map[string]*os.File{"main": file},
		Pause:     pausable.Pause, Resume: pausable.Resume, Requests: pausable.Settled,
		Kill: next.Kill, Exited: next.Exited(),
	})
	if err == nil {
		log.Printf("process %d has taken over %d connections", result.PID, result.Moved)
	}
	return err
}
