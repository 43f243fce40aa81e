package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/alecthomas/kong"
)

// listenFlags are the flags for the address of a server.
type listenFlags struct {
	Listen listenAddress `default:"127.0.0.1:8080" help:"Address to listen on: HOST:PORT, :PORT for all interfaces, or PORT for the loopback interface. Port 0 selects a free port."`
	Port   port          `placeholder:"PORT" help:"Short for --listen=127.0.0.1:PORT."`
}

// Validate reports an error if both flags are given. kong calls it.
func (f listenFlags) Validate() error {
	if f.Port.given && f.Listen != defaultListen {
		return errors.New("--port and --listen cannot be combined: give one of them")
	}
	return nil
}

const defaultListen listenAddress = "127.0.0.1:8080"

// address returns the address to listen on.
func (f listenFlags) address() string {
	if f.Port.given {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(f.Port.number)))
	}
	return string(f.Listen)
}

// listenAddress is a flag value that is a host and a port, or a port alone.
type listenAddress string

// Decode implements kong.MapperValue.
func (a *listenAddress) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("address", &text); err != nil {
		return err
	}
	if number, err := strconv.ParseUint(text, 10, 16); err == nil {
		*a = listenAddress(net.JoinHostPort("127.0.0.1", strconv.FormatUint(number, 10)))
		return nil
	}
	_, number, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", number)
	}
	if err != nil {
		return fmt.Errorf("%q is not an address to listen on: give a port such as 8080, or host and port, such as 127.0.0.1:8080, [::1]:8080 or :8080 for all addresses", text)
	}
	*a = listenAddress(text)
	return nil
}

// port is a flag value that is a TCP port.
type port struct {
	number uint16
	given  bool // the flag is on the command line
}

// Decode implements kong.MapperValue.
func (p *port) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("port", &text); err != nil {
		return err
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is not a port: give a number from 0 to 65535", text)
	}
	*p = port{number: uint16(number), given: true}
	return nil
}
