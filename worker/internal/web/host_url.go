package web

import (
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// parseURL(url, base) parses a URL; base is optional. It returns the parts of the URL in the order that js/url.js expects,
// or the error as a string.
func parseURL(args []engine.Value) (engine.Value, error) {
	return urlParts(parseOn(argument(args, 0).String(), argument(args, 1))), nil
}

// parseOn parses a URL relative to base, unless base is undefined.
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

// setURL(url, attribute, value) changes an attribute of a serialised URL. The result is that of parseURL.
func setURL(args []engine.Value) (engine.Value, error) {
	u, err := weburl.Parse(argument(args, 0).String(), nil)
	if err == nil {
		u, err = u.Set(weburl.Attribute(argument(args, 1).String()), argument(args, 2).String())
	}
	return urlParts(u, err), nil
}

// urlParts returns the result of parseURL and setURL.
func urlParts(u *weburl.URL, err error) engine.Value {
	if err != nil {
		return engine.String(err.Error())
	}
	return texts(u.Href(), u.Protocol(), u.Username(), u.Password(), u.Host(), u.Hostname(), u.Port(), u.Pathname(), u.Search(), u.Hash(), u.Origin())
}

// parseForm(text) returns the names and values of a form.
func parseForm(args []engine.Value) (engine.Value, error) {
	return texts(weburl.ParseForm(argument(args, 0).String())...), nil
}

// formatForm(pairs) returns names and values in the format of a form.
func formatForm(args []engine.Value) (engine.Value, error) {
	list := argument(args, 0).List()
	pairs := make([]string, len(list))
	for i, text := range list {
		pairs[i] = text.String()
	}
	return engine.String(weburl.FormatForm(pairs)), nil
}

// texts returns a list of strings.
func texts(list ...string) engine.Value {
	values := make([]engine.Value, len(list))
	for i, text := range list {
		values[i] = engine.String(text)
	}
	return engine.List(values...)
}
