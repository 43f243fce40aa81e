package cluster_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/lingerws/linger/cluster"
)

// restrictedServer starts a NATS server that refuses subscriptions to a subject, and returns its URL.
func restrictedServer(t *testing.T, subject string) string {
	t.Helper()
	user := &server.User{Username: "linger", Password: "p", Permissions: &server.Permissions{Subscribe: &server.SubjectPermission{Deny: []string{subject}}}}
	s := startServer(t, &server.Options{Port: -1, Users: []*server.User{user}})
	return strings.Replace(s.ClientURL(), "nats://", "nats://linger:p@", 1)
}

// A node does not start if the server refuses one of the subscriptions that each node needs.
func TestJoinRefusedSubscription(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{"*.response.>", "*.members", "*.answer.>"} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		n, err := cluster.Join(ctx, cluster.Options{Node: "a", URLs: []string{restrictedServer(t, subject)}})
		cancel()
		if err == nil {
			leave(t, n)
		}
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("without the right to subscribe to %s a node joins with error %v, expected a violation of permissions", subject, err)
		}
	}
}

// The subscriptions that the server refuses later are in the status.
func TestNodeRefusedSubscription(t *testing.T) {
	t.Parallel()
	n := join(t, cluster.Options{Node: "a", URLs: []string{restrictedServer(t, "*.topic.>")}})
	if got := n.Status().Refused; got != 0 {
		t.Errorf("nothing is refused at the start; got %d", got)
	}
	stop, err := n.Subscribe("lobby", func(string, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	until(t, "the refused subscription is in the status", func() bool { return n.Status().Refused == 1 })
}
