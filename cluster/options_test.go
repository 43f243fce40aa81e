package cluster_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/lingerws/linger/cluster"
)

func TestJoinOptions(t *testing.T) {
	urls := []string{"nats://127.0.0.1:1"}
	tests := map[string]struct {
		opts cluster.Options
		want string // a part of the error
	}{
		"no server":          {cluster.Options{}, "either URLs"},
		"two servers":        {cluster.Options{URLs: urls, Listen: ":6222"}, "either URLs"},
		"node":               {cluster.Options{Node: "a.b", URLs: urls}, "Node"},
		"name":               {cluster.Options{Name: "a.b", URLs: urls}, "Name"},
		"folder without":     {cluster.Options{URLs: urls, Dir: "x"}, "Dir"},
		"no majority":        {cluster.Options{Listen: ":6222", Join: []string{"b:6222"}, Size: 2, Dir: "x"}, "majority"},
		"one with others":    {cluster.Options{Listen: ":6222", Join: []string{"b:6222"}, Size: 1}, "Size"},
		"address":            {cluster.Options{Listen: "6222"}, "host:port"},
		"address to join":    {cluster.Options{Listen: ":6222", Join: []string{"b"}}, "host:port"},
		"half a certificate": {cluster.Options{URLs: urls, CertFile: "x"}, "KeyFile"},
		"credentials":        {cluster.Options{Listen: ":6222", CredsFile: "x"}, "CredsFile"},
		"no certificates":    {cluster.Options{URLs: urls, CAFile: "none.pem"}, "CAFile"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := cluster.Join(t.Context(), test.opts)
			if !errors.Is(err, cluster.ErrOptions) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, expected ErrOptions about %q", err, test.want)
			}
		})
	}
	if _, err := cluster.Join(t.Context(), cluster.Options{URLs: urls}); err == nil || errors.Is(err, cluster.ErrOptions) {
		t.Errorf("without a server at the address the error is %v, expected one of the connection", err)
	}
}
