package linger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/ident"
	"github.com/lingerws/linger/internal/wire"
)

// Lister is a [Handler] that decides which connections [Server.Connections] and [Server.CountAll] contain, on all nodes.
type Lister interface {
	Listed(*Socket) bool
}

// ListOptions are the options of [Server.Connections].
type ListOptions struct {
	Limit  int    // connections in a page; 0 means 100, more than 1,000 means 1,000
	Cursor string // Page.Cursor of the page before; empty for the first page

	// Timeout bounds the time for the answer of each node; 0 means 2 s.
	Timeout time.Duration
}

// Page is a part of the connections of a cluster.
type Page struct {
	Connections []Info
	Cursor      string   // for the next page; empty after the last
	Missing     []string // nodes of the cluster that did not answer: their connections, or the rest of them, are missing
}

const (
	defaultPage = 100
	maxPage     = 1000

	// maxListBytes bounds the response of a node to a list. A connection counts with what it adds, up to 80 KiB for one with the largest
	// header and data, so that there is always room for one. A page may need several responses.
	maxListBytes = 256 << 10

	listTimeout = 2 * time.Second
)

// ErrCursor means that ListOptions.Cursor is not one of a [Page].
var ErrCursor = errors.New("linger: the cursor is not one of an earlier page; pass Page.Cursor as it is, or the empty string for the first page")

// Connections returns a page of the connections that are subscribed to a channel, or of all for the empty name, on all nodes of the
// cluster. They are sorted by node and id, so that a connection which is there during all pages is in one of them, once. A node
// that does not answer is left out, and is in Page.Missing; so is one that leaves the cluster. The error is [ErrChannelName], [ErrCursor],
// or that of ctx.
func (s *Server) Connections(ctx context.Context, channel string, opts ListOptions) (Page, error) {
	if len(channel) > maxChannelName {
		return Page{}, ErrChannelName
	}
	node, after, err := parseCursor(opts.Cursor)
	if err != nil {
		return Page{}, err
	}
	opts.Limit = min(cmp.Or(max(opts.Limit, 0), defaultPage), maxPage)
	opts.Timeout = cmp.Or(max(opts.Timeout, 0), listTimeout)
	nodes := s.cluster.Nodes()
	first, _ := slices.BinarySearch(nodes, node)
	if node != "" && (first == len(nodes) || nodes[first] != node) {
		nodes = slices.Insert(slices.Clone(nodes), first, node) // has left since; that is reported
	}
	var page Page
	for i, name := range nodes[first:] {
		if name != node {
			after = ""
		}
		more, err := s.addToPage(ctx, &page, name, remoteOp{kind: remoteList, channel: channel, after: after}, opts)
		switch {
		case ctx.Err() != nil:
			return page, context.Cause(ctx)
		case err != nil:
			page.Missing = append(page.Missing, name)
		case len(page.Connections) >= opts.Limit:
			if more || first+i < len(nodes)-1 {
				last := page.Connections[len(page.Connections)-1]
				page.Cursor = last.Node + "/" + last.ID
			}
			return page, nil
		}
	}
	return page, nil
}

// parseCursor returns the place from which a page continues.
func parseCursor(cursor string) (node, after string, err error) {
	if cursor == "" {
		return "", "", nil
	}
	node, after, _ = strings.Cut(cursor, "/")
	if !ident.IsNode(node) || after == "" || len(after) > maxID {
		return "", "", ErrCursor
	}
	return node, after, nil
}

// addToPage adds the connections of a node to a page until it is full. more means that the node has others.
func (s *Server) addToPage(ctx context.Context, page *Page, node string, op remoteOp, opts ListOptions) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, opts.Timeout)
	defer cancel()
	for more = true; more && len(page.Connections) < opts.Limit; {
		op.limit = opts.Limit - len(page.Connections)
		var part connectionsAnswer
		if node == s.cluster.Node() {
			part.infos, part.more = s.listPart(op)
		} else if part, err = s.listRemote(ctx, node, op); err != nil {
			return false, err
		}
		page.Connections = append(page.Connections, part.infos...)
		if more = part.more; more {
			op.after = part.infos[len(part.infos)-1].ID
		}
	}
	return more, nil
}

// listRemote asks another node for a part of a page.
func (s *Server) listRemote(ctx context.Context, node string, op remoteOp) (connectionsAnswer, error) {
	response, err := s.callNode(ctx, node, serviceConnections, op.record())
	if err != nil {
		return connectionsAnswer{}, err
	}
	part, err := parseConnections(response, node)
	if err != nil {
		return connectionsAnswer{}, err
	}
	last := op.after
	for _, info := range part.infos {
		if info.ID <= last {
			return connectionsAnswer{}, fmt.Errorf("%w: the list of node %s is not in order", ErrRefused, node)
		}
		last = info.ID
	}
	if len(part.infos) > op.limit || part.more && len(part.infos) == 0 {
		return connectionsAnswer{}, fmt.Errorf("%w: the list of node %s has the wrong length", ErrRefused, node)
	}
	return part, nil
}

// answerList returns the response to a list.
func (s *Server) answerList(op remoteOp) []byte {
	infos, more := s.listPart(op)
	b := wire.AppendUint(nil, answerStatus, statusDone)
	for i := range infos {
		if len(b) > maxListBytes {
			more = true
			break
		}
		b = wire.AppendRecord(b, answerInfo, infos[i].append)
	}
	return wire.AppendBool(b, answerMore, more)
}

// listPart returns the listed connections of this node whose ids follow that of the part before, in order, up to the limit of the part.
func (s *Server) listPart(op remoteOp) (infos []Info, more bool) {
	if op.limit <= 0 {
		op.limit = defaultPage
	}
	lister, _ := s.version.Load().handler.(Lister)
	var sockets []*Socket
	keep := func() {
		slices.SortFunc(sockets, func(a, b *Socket) int { return strings.Compare(a.id, b.id) })
		sockets = sockets[:min(len(sockets), op.limit+1)]
	}
	for socket := range s.Sockets(op.channel) {
		if socket.id <= op.after || lister != nil && !lister.Listed(socket) {
			continue
		}
		if sockets = append(sockets, socket); len(sockets) >= 4*op.limit+4 {
			keep()
		}
	}
	keep()
	if more = len(sockets) > op.limit; more {
		sockets = sockets[:op.limit]
	}
	for _, socket := range sockets {
		infos = append(infos, socket.info())
	}
	return infos, more
}

// countListed returns how many connections of this node are listed, of a channel or of all.
func (s *Server) countListed(channel string) (n int) {
	lister, ok := s.version.Load().handler.(Lister)
	switch {
	case !ok && channel == "":
		return s.Count()
	case !ok:
		return s.Subscribers(channel)
	}
	for socket := range s.Sockets(channel) {
		if lister.Listed(socket) {
			n++
		}
	}
	return n
}

// CountAll returns the number of connections that are subscribed to a channel, or of all for the empty name, on all nodes of the cluster
// that answer within 2 s. Those of the nodes in missing, which do not, are not counted. The error is [ErrChannelName], or that of ctx.
func (s *Server) CountAll(ctx context.Context, channel string) (count int, missing []string, err error) {
	if len(channel) > maxChannelName {
		return 0, nil, ErrChannelName
	}
	record := remoteOp{kind: remoteCount, channel: channel}.record()
	count = s.countListed(channel)
	var mu sync.Mutex
	s.askOthers(ctx, func(ctx context.Context, node string) {
		var answer connectionsAnswer
		response, err := s.callNode(ctx, node, serviceConnections, record)
		if err == nil {
			answer, err = parseConnections(response, node)
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			missing = append(missing, node)
			return
		}
		count += answer.count
	})
	slices.Sort(missing)
	if ctx.Err() != nil {
		return count, missing, context.Cause(ctx)
	}
	return count, missing, nil
}

// askOthers calls ask for each other node of the cluster, at the same time, with a context that ends after 2 s.
func (s *Server) askOthers(ctx context.Context, ask func(ctx context.Context, node string)) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var all sync.WaitGroup
	for _, node := range s.cluster.Nodes() {
		if node != s.cluster.Node() {
			all.Go(func() { ask(ctx, node) })
		}
	}
	all.Wait()
}
