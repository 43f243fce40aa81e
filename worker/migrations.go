package worker

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/lingerws/linger/worker/internal/storage"
)

// classes are the classes of objects as a data directory records them. The objects of a class are stored under its key, which is
// its first name: a renamed class keeps its key, so that the IDs of its objects and their files stay as they are.
type classes struct {
	Tags []string          `json:"tags"` // those of the migrations that were applied
	Keys map[string]string `json:"keys"` // the keys of classes, by their names, if they differ

	// Deleted has how often the class with a key was deleted, if it was. The logs of the objects of a cluster have other names after that.
	Deleted map[string]int `json:"deleted,omitempty"`
}

// classesEntry is the name of the record in the data directory.
const classesEntry = "classes"

// key returns the key of a class.
func (c *classes) key(class string) string {
	if key, ok := c.Keys[class]; ok {
		return key
	}
	return class
}

// name returns the name of the class with a key.
func (c *classes) name(key string) string {
	for name, its := range c.Keys {
		if its == key {
			return name
		}
	}
	return key
}

// add gives a class a key of its own, if another class has been renamed and has its name as key.
func (c *classes) add(class string) {
	if _, renamed := c.Keys[class]; renamed || c.name(class) == class {
		return
	}
	key := class
	for n := 2; c.name(key) != key; n++ {
		key = fmt.Sprintf("%s-%d", class, n)
	}
	c.Keys[class] = key
}

// hasMigrations reports whether there are migrations and a data directory that exists. They may delete the last class.
func (a *App) hasMigrations() bool {
	if a.opts.Data == "" || len(a.opts.Migrations) == 0 {
		return false
	}
	_, err := os.Stat(a.opts.Data)
	return err == nil
}

// migrate applies the migrations that the data directory has not recorded, in order.
func (a *App) migrate(d *openedData) error {
	if err := d.readClasses(); err != nil {
		return err
	}
	for _, m := range a.opts.Migrations {
		if slices.Contains(d.classes.Tags, m.Tag) {
			continue
		}
		if err := d.classes.apply(&m, d.store, a.replicas.removeClass); err != nil {
			return fmt.Errorf("the migration %s cannot be applied to the data directory: %w", m.Tag, err)
		}
		d.classes.Tags = append(d.classes.Tags, m.Tag)
		if err := d.writeClasses(); err != nil {
			return err
		}
		a.opts.Logger.Info("migration of Durable Objects applied", "tag", m.Tag)
	}
	known := maps.Clone(d.classes.Keys)
	for _, b := range a.opts.Bindings.Objects {
		d.classes.add(b.Class)
	}
	if maps.Equal(known, d.classes.Keys) {
		return nil
	}
	return d.writeClasses()
}

func (d *openedData) readClasses() error {
	text, err := d.store.Entry(classesEntry)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &d.classes)
	}
	if err != nil {
		return fmt.Errorf("the classes of the data directory cannot be read: %w", err)
	}
	if d.classes.Keys == nil {
		d.classes.Keys = map[string]string{}
	}
	if d.classes.Deleted == nil {
		d.classes.Deleted = map[string]int{}
	}
	return nil
}

func (d *openedData) writeClasses() error {
	text, err := json.Marshal(d.classes)
	if err == nil {
		err = d.store.SetEntry(classesEntry, string(text))
	}
	if err != nil {
		return fmt.Errorf("the classes of the data directory cannot be written: %w", err)
	}
	return nil
}

// apply applies a migration. If it fails, it can be applied again. removed is called for each class that was deleted.
func (c *classes) apply(m *Migration, store *storage.Store, removed func(prefix, key string)) error {
	for _, class := range m.New {
		c.add(class)
	}
	for _, renamed := range m.Renamed {
		exist, err := store.HasObjects(c.key(renamed.To))
		if err != nil {
			return err
		}
		if exist && c.key(renamed.To) != c.key(renamed.From) {
			return fmt.Errorf("%s cannot be renamed to %s, which has objects already: delete that class first, or choose another name", renamed.From, renamed.To)
		}
		key := c.key(renamed.From)
		delete(c.Keys, renamed.From)
		c.Keys[renamed.To] = key
	}
	for _, class := range m.Deleted {
		key := c.key(class)
		if err := store.DeleteClass(key); err != nil {
			return err
		}
		removed(c.logPrefix(key), key)
		c.Deleted[key]++
		delete(c.Keys, class)
	}
	return nil
}

// checkMigrations returns an error for migrations without a tag, and for two with the same one.
func checkMigrations(list []Migration) error {
	seen := map[string]bool{}
	for _, m := range list {
		switch {
		case m.Tag == "":
			return problem("a migration has no tag")
		case seen[m.Tag]:
			return problem("two migrations have the tag " + m.Tag + ": a tag identifies one of them")
		}
		seen[m.Tag] = true
	}
	return nil
}
