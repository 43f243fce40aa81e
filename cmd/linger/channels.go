package main

import (
	"net/http"
	"net/url"

	"github.com/lingerws/linger/admin"
)

// publishCommand publishes a message on a channel of a running server.
type publishCommand struct {
	Channel      string `arg:"" help:"The channel's name."`
	messageFlags `embed:""`
	clientFlags  `embed:""`
}

// Run publishes the message, and prints how many connections took it.
func (c *publishCommand) Run(out *streams) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var answer struct {
		Receivers int `json:"receivers"`
	}
	if err := c.request(http.MethodPost, "/v1/channels/"+url.PathEscape(c.Channel), nil, body, &answer); err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(answer)
	}
	out.out.printf("sent to %s\n", plural(answer.Receivers, "connection"))
	return nil
}

// channelsCommand lists the channels of a running server.
type channelsCommand struct {
	Channel     string `arg:"" optional:"" placeholder:"PATTERN" help:"Only channels whose name has this part or, with *, matches as a whole."`
	clientFlags `embed:""`
}

// Run prints the channels that have subscribers.
func (c *channelsCommand) Run(out *streams) error {
	list := newTable("CHANNEL", "SUBSCRIBERS")
	query := url.Values{"limit": {"1000"}}
	setUnlessEmpty(query, map[string]string{"channel": c.Channel})
	for {
		var page struct {
			Channels []admin.Channel `json:"channels"`
			Next     string          `json:"next"`
		}
		if err := c.request(http.MethodGet, "/v1/channels", query, nil, &page); err != nil {
			return err
		}
		for _, channel := range page.Channels {
			if c.JSON {
				if err := out.printJSON(channel); err != nil {
					return err
				}
				continue
			}
			list.row(channel.Channel, channel.Subscribers)
		}
		if page.Next == "" {
			break
		}
		query.Set("cursor", page.Next)
	}
	if !c.JSON {
		out.out.printf("%s", list)
	}
	return nil
}
