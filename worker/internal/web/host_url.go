package web

import (
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// parseURL takes a URL and perhaps a base. It returns the parts in the order that js/url.js expects, or text that says
// why it is no URL.
func parseURL(args []engine.Value) (engine.Value, error) {
	var base *weburl.URL
	if text := argument(args, 1); text.Kind() == engine.KindString {
		var err error
		if base, err = weburl.Parse(text.String(), nil); err != nil {
			return engine.String("the base URL " + err.Error()), nil
		}
	}
	u, err := weburl.Parse(argument(args, 0).String(), base)
	if err != nil {
		return engine.String(err.Error()), nil
	}
	return urlParts(u), nil
}

// setURL takes a serialised URL, the attribute to change and its value. It returns what parseURL does.
func setURL(args []engine.Value) (engine.Value, error) {
	u, err := weburl.Parse(argument(args, 0).String(), nil)
	if err == nil {
		u, err = u.Set(weburl.Attribute(argument(args, 1).String()), argument(args, 2).String())
	}
	if err != nil {
		return engine.String(err.Error()), nil
	}
	return urlParts(u), nil
}

func urlParts(u *weburl.URL) engine.Value {
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
