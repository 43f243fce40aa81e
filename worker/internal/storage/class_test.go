package storage

import (
	"testing"
	"time"
)

func TestDeleteClass(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range []string{"Room", "Other"} {
		o, err := s.Object(class, "a")
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Put(Pair{"key", []byte(class)}); err != nil {
			t.Fatal(err)
		}
		if err := o.SetAlarm(time.UnixMilli(1000)); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		if _, err := o.Commit(func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second call has no effect
		if err := s.DeleteClass("Room"); err != nil {
			t.Fatal(err)
		}
	}
	for class, want := range map[string]bool{"Room": false, "Other": true, "None": false} {
		if got, err := s.HasObjects(class); got != want || err != nil {
			t.Errorf("HasObjects(%q) must be %t; got %t %v", class, want, got, err)
		}
	}
	alarms, err := s.NextAlarms(10)
	if err != nil || len(alarms) != 1 || alarms[0].Class != "Other" {
		t.Errorf("the alarm of the other class must remain; got %v %v", alarms, err)
	}
	o, err := s.Object("Room", "a")
	if err != nil {
		t.Fatal(err)
	}
	if value, err := o.Get("key"); value != nil || err != nil {
		t.Errorf("the object must be empty; got %q %v", value, err)
	}
	if err := s.DeleteClass(""); err == nil {
		t.Error("an empty class must be refused")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
