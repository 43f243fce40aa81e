package websocket

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"
)

func TestDriverSendWaitsForItsTurnToCompressWithoutTheLock(t *testing.T) {
	p := newCompressedPair(t, &CompressionOptions{}, &CompressionOptions{}, echoMessages)
	message := bytes.Repeat([]byte("again "), 1000)
	for range cap(compressing) {
		compressing <- struct{}{}
	}
	var returnTurns sync.Once
	back := func() {
		returnTurns.Do(func() {
			for range cap(compressing) {
				compressing.leave()
			}
		})
	}
	defer back()
	sent := make(chan error, 1)
	go func() { sent <- p.client.Write(t.Context(), Binary, message) }()
	select {
	case err := <-sent:
		t.Fatalf("with every turn taken Write waits; got %v", err)
	case <-time.After(20 * time.Millisecond): // a Write that does not wait mostly returns within this time
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := p.client.Ping(ctx); err != nil {
		t.Errorf("a connection pings, and receives, while a message waits for its turn to compress; got %v", err)
	}
	back()
	if err := <-sent; err != nil {
		t.Errorf("the message is sent once a turn is free; got %v", err)
	}
	if _, got, err := p.client.Read(ctx); err != nil || !bytes.Equal(got, message) {
		t.Errorf("the message comes back; got %d bytes and %v", len(got), err)
	}
	// The echo may arrive before its sender has given its turn back.
	for deadline := time.Now().Add(30 * time.Second); len(compressing) != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("each turn is given back; %d are not", len(compressing))
		}
	}
}

func TestDriverSendWithoutCompressionWaitsForNoTurn(t *testing.T) {
	p := newCompressedPair(t, nil, nil, echoMessages)
	for range cap(compressing) {
		compressing <- struct{}{}
		defer compressing.leave()
	}
	p.roundTrip(t, Text, []byte("plain"))
}
