package proxyends

import (
	"fmt"
	"slices"
	"strings"
)

// Case is a way an end can come: what the sides do, and what they see, in order.
type Case struct {
	Name  string
	Steps []Step
}

// Step is one line of a case: a side does something, or sees something.
type Step struct {
	Client bool // else it is the backend
	Sees   bool // else it does
	What   string
}

// parse reads lines such as "client: text hello" and "backend sees close 1000".
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

// What Linger does by default: it tells the client of a backend that is lost, and cuts
// the backend's connection when the client is.
const (
	Gone = "close 1014 the backend is gone"
	Cut  = "reset"
)

// Cases returns the table for a proxy of which a client sees this when the backend is
// lost, and a backend that when the client is.
func Cases(gone, cut string) []Case {
	return slices.Concat(closes(), within(), losses(gone, cut))
}

// closes are the ends with a Close.
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
		parse("messages of the backend behind the client's Close", `
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
		parse("messages of the client behind the backend's Close", `
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

// within are the ends in which a Close stands within a fragmented message, which is never
// finished (RFC 6455, section 5.4).
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

// losses are the ends without one.
func losses(gone, cut string) []Case {
	answer := "client: close 1014\nclient sees EOF"
	if gone == Cut { // then it can do nothing more
		answer = ""
	}
	return []Case{
		parse("the client ends TCP without a Close", fmt.Sprintf(`
			client: text hello
			backend sees hello
			client: FIN
			backend sees %s`, cut)),
		parse("the client resets", fmt.Sprintf(`
			client: reset
			backend sees %s`, cut)),
		parse("the backend ends TCP without a Close", fmt.Sprintf(`
			backend: text hello
			client sees hello
			backend: FIN
			client sees %s
			%s`, gone, answer)),
		parse("the backend resets", fmt.Sprintf(`
			backend: reset
			client sees %s`, gone)),
		parse("the backend resets within a message", fmt.Sprintf(`
			backend: part of a message
			client sees part of a message
			backend: reset
			client sees %s`, gone)),
		parse("the client breaks a rule", fmt.Sprintf(`
			client: broken
			client sees close 1002
			client sees EOF
			backend sees %s`, cut)),
		parse("the backend breaks a rule", fmt.Sprintf(`
			backend: broken
			backend sees close 1002
			client sees %s`, gone)),
	}
}

// Whole returns the cases for a proxy that passes on whole messages only, so that nobody
// sees a part.
func Whole(cases []Case) []Case {
	for i := range cases {
		cases[i].Steps = slices.DeleteFunc(cases[i].Steps, func(s Step) bool { return s.Sees && s.What == partOfMessage })
	}
	return cases
}

// Mute returns the cases in which a side says nothing more. They take as long as the
// proxy lets a side go on after the other's Close, so it should be told to be quick.
func Mute() []Case {
	return []Case{
		parse("the client closes, and the backend is mute", `
			client: close 4001 bye
			backend sees close 4001 bye
			client sees close 4001 bye
			client sees EOF`),
		parse("the backend closes, and the client is mute", `
			backend: close 4002 enough
			client sees close 4002 enough
			backend sees close 4002 enough`),
	}
}
