package proxyends

import (
	"fmt"
	"slices"
	"strings"
)

// Case is a way in which a connection ends: what the client and the backend do and see,
// in order.
type Case struct {
	Name  string
	Steps []Step
}

// Step is one line of a case: the client or the backend does or sees something.
type Step struct {
	Client bool   // whether the step is the client's and not the backend's
	Sees   bool   // whether something is seen and not done
	What   string // what is done or seen, in the notation of Wire
}

// parse parses lines such as "client: text hello" and "backend sees close 1000".
func parse(name, lines string) Case {
	c := Case{Name: name}
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		who, what, sees := strings.Cut(strings.TrimSpace(line), " sees ")
		if !sees {
			who, what, _ = strings.Cut(who, ": ")
		}
		c.Steps = append(c.Steps, Step{Client: who == "client", Sees: sees, What: what})
	}
	return c
}

func (s Step) String() string {
	who, verb := "backend", ": "
	if s.Client {
		who = "client"
	}
	if s.Sees {
		verb = " sees "
	}
	return who + verb + s.What
}

// What Linger's proxy does by default when a connection is lost.
const (
	BackendLost = "close 1014 the backend is gone" // what the client sees when the backend is lost
	ClientLost  = "reset"                          // what the backend sees when the client is lost
)

// Cases returns the table for a proxy. backendLost is what the client sees when the
// backend is lost, and clientLost what the backend sees when the client is lost.
func Cases(backendLost, clientLost string) []Case {
	return slices.Concat(closes(), within(), losses(backendLost, clientLost))
}

// closes returns the cases with a Close.
func closes() []Case {
	return []Case{
		parse("the client closes first", `
			client: close 4001 bye
			backend sees close 4001 bye
			backend: close 4001 bye
			client sees close 4001 bye
			backend: FIN
			backend sees EOF
			client sees EOF`),
		parse("the backend closes first", `
			backend: close 4002 enough
			client sees close 4002 enough
			client: close 1000
			backend sees close 1000
			client sees EOF
			backend: FIN
			backend sees EOF`),
		parse("an empty Close", `
			client: close
			backend sees close
			backend: close
			client sees close
			client sees EOF`),
		parse("both close at once", `
			client: close 4001 c
			backend: close 4002 b
			backend sees close 4001 c
			client sees close 4002 b
			client sees EOF
			backend: FIN
			backend sees EOF`),
		parse("messages of the backend after the client's Close", `
			client: text last words
			client: close 4001 bye
			backend sees last words
			backend sees close 4001 bye
			backend: text tail one
			backend: text tail two
			backend: close 1000 done
			client sees tail one
			client sees tail two
			client sees close 1000 done
			client sees EOF`),
		parse("messages of the client after the backend's Close", `
			backend: close 4002 enough
			client sees close 4002 enough
			client: text tail one
			client: text tail two
			client: close 1000 done
			backend sees tail one
			backend sees tail two
			backend sees close 1000 done`),
	}
}

// within returns the cases with a Close between the fragments of a message, which is never
// completed (RFC 6455, section 5.4).
func within() []Case {
	return []Case{
		parse("the client closes within a message", `
			client: part
			client: close 3000 bye
			backend sees part of a message
			backend sees close 3000 bye
			backend: text tail
			client sees tail
			backend: close 3000 bye
			client sees close 3000 bye
			client sees EOF
			backend: FIN
			backend sees EOF`),
		parse("the backend closes within a message", `
			backend: part
			backend: close 4002 enough
			client sees part of a message
			client sees close 4002 enough
			client: text tail
			backend sees tail
			client: close 1000
			backend sees close 1000
			client sees EOF
			backend: FIN
			backend sees EOF`),
		parse("an empty Close within a message", `
			client: part
			backend sees part of a message
			client: close
			backend sees close
			backend: close
			client sees close
			client sees EOF`),
		parse("both close within a message", `
			client: part
			backend sees part of a message
			backend: part
			client sees part of a message
			client: close 4001 c
			backend sees close 4001 c
			backend: close 4002 b
			client sees close 4002 b
			client sees EOF
			backend: FIN
			backend sees EOF`),
	}
}

// losses returns the cases without a Close.
func losses(backendLost, clientLost string) []Case {
	answer := "client: close 1014\nclient sees EOF"
	if backendLost == "reset" { // the client can send nothing after that
		answer = ""
	}
	return []Case{
		parse("the client ends TCP without a Close", fmt.Sprintf(`
			client: text hello
			backend sees hello
			client: FIN
			backend sees %s`, clientLost)),
		parse("the client resets", fmt.Sprintf(`
			client: reset
			backend sees %s`, clientLost)),
		parse("the backend ends TCP without a Close", fmt.Sprintf(`
			backend: text hello
			client sees hello
			backend: FIN
			client sees %s
			%s`, backendLost, answer)),
		parse("the backend resets", fmt.Sprintf(`
			backend: reset
			client sees %s`, backendLost)),
		parse("the backend resets within a message", fmt.Sprintf(`
			backend: part of a message
			client sees part of a message
			backend: reset
			client sees %s`, backendLost)),
		parse("the client violates the protocol", fmt.Sprintf(`
			client: broken
			client sees close 1002
			client sees EOF
			backend sees %s`, clientLost)),
		parse("the backend violates the protocol", fmt.Sprintf(`
			backend: broken
			backend sees close 1002
			client sees %s`, backendLost)),
	}
}

// WholeMessages changes the cases for a proxy that forwards only complete messages, and
// returns them.
func WholeMessages(cases []Case) []Case {
	for i := range cases {
		cases[i].Steps = slices.DeleteFunc(cases[i].Steps, func(s Step) bool { return s.Sees && s.What == partOfMessage })
	}
	return cases
}

// Silent returns the cases in which the client or the backend does not answer a Close.
// They take as long as the proxy waits for the answer, so its timeout should be short.
func Silent() []Case {
	return []Case{
		parse("the client closes, and the backend does not answer", `
			client: close 4001 bye
			backend sees close 4001 bye
			client sees close 4001 bye
			client sees EOF`),
		parse("the backend closes, and the client does not answer", `
			backend: close 4002 enough
			client sees close 4002 enough
			backend sees close 4002 enough`),
	}
}
