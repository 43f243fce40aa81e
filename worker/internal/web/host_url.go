package web

import (
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// parseURL takes a URL and perhaps a base. It returns the parts in the order that js/url.js expects, or text that says
// why it is no URL.
func parseURL(args []engine.Value) (engine.Value, error) {
	return urlParts(parseOn(argument(args, 0).String(), argument(args, 1))), nil
}

// parseOn parses a URL on a base, which is undefined where there is none.
func parseOn(text string, base engine.Value) (*weburl.URL, error) {
	if base.Kind() != engine.KindString {
		return weburl.Parse(text, nil)
	}
	on, err := weburl.Parse(base.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("the base is an %w", err)
	}
	return weburl.Parse(text, on)
}

// setURL takes a serialised URL, the attribute to change and its value. It returns what parseURL does.
func setURL(args []engine.Value) (engine.Value, error) {
	u, err := weburl.Parse(argument(args, 0).String(), nil)
	if err == nil {
		u, err = u.Set(weburl.Attribute(argument(args, 1).String()), argument(args, 2).String())
	}
	return urlParts(u, err), nil
}

func urlParts(u *weburl.URL, err error) engine.Value {
	if err != nil {
		return engine.String(err.Error())
	}
	return texts(u.Href(), u.Protocol(), u.Username(), u.Password(), u.Host(), u.Hostname(), u.Port(), u.Pathname(), u.Search(), u.Hash(), u.Origin())
}

func parseForm(args []engine.Value) (engine.Value, error) {
	return texts(weburl.ParseForm(argument(args, 0).String())...), nil
}

func formatForm(args []engine.Value) (engine.Value, error) {
	list := argument(args, 0).List()
	pairs := make([]string, len(list))
	for i, text := range list {
		pairs[i] = text.String()
	}
	return engine.String(weburl.FormatForm(pairs)), nil
}

func texts(list ...string) engine.Value {
	values := make([]engine.Value, len(list))
	for i, text := range list {
		values[i] = engine.String(text)
	}
	return engine.List(values...)
}
