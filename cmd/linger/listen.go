package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/cmd/linger/internal/listen"
)

// entryFlags are the flags for how clients reach a server.
type entryFlags struct {
	listenFlags        `embed:""`
	tlsFlags           `embed:"" group:"TLS:"`
	acmeFlags          `embed:"" group:"Certificates by ACME:"`
	proxyProtocolFlags `embed:"" group:"PROXY protocol:"`
}

// Validate reports flags that are wrong. kong calls it.
func (f entryFlags) Validate() error {
	return errors.Join(f.listenFlags.Validate(), f.tlsFlags.Validate(), f.acmeFlags.Validate())
}

// listenFlags are the flags for the addresses of a server.
type listenFlags struct {
	Listen []listenAddress `alternative:"address" placeholder:"ADDRESS" help:"Address to listen on: HOST:PORT, :PORT for all interfaces, PORT for the loopback interface, unix:PATH, unix:PATH?mode=0660, or fd:3 or fd:NAME for a socket that the process is started with; with http:// before it to speak no TLS, or https:// to speak it. Port 0 selects a free port. May be repeated. Default: the sockets that systemd passes, or 127.0.0.1:8080."`
	Port   port            `alternative:"address" placeholder:"PORT" help:"Short for --listen=127.0.0.1:PORT."`
}

// Validate reports an error if both flags are given. kong calls it.
func (f listenFlags) Validate() error {
	if f.Port.given && len(f.Listen) > 0 {
		return errors.New("--port and --listen cannot be combined: give one of them")
	}
	return nil
}

const defaultPort = 8080

// addresses returns the addresses to listen on; none means the default.
func (f listenFlags) addresses() []listen.Address {
	if f.Port.given {
		return []listen.Address{listen.Loopback(f.Port.number)}
	}
	list := make([]listen.Address, 0, len(f.Listen))
	for _, a := range f.Listen {
		list = append(list, listen.Address(a))
	}
	return list
}

// listenAddress is a flag value that is an address to listen on.
type listenAddress listen.Address

// Decode implements kong.MapperValue.
func (a *listenAddress) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("address", &text); err != nil {
		return err
	}
	address, err := listen.Parse(text)
	*a = listenAddress(address)
	return err
}

// String returns the address in the form that Decode reads.
func (a listenAddress) String() string {
	text := listen.Address(a).String()
	if mode := listen.Address(a).Mode(); mode != 0 {
		text += fmt.Sprintf("?mode=%04o", mode)
	}
	return text
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

// String returns the number; that of a flag that is not given as the empty string.
func (p port) String() string {
	if !p.given {
		return ""
	}
	return strconv.Itoa(int(p.number))
}
