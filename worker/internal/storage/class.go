package storage

// HasObjects reports whether objects of a class are stored. Like DeleteClass it must be called before the objects of the class are
// used: it looks at the files only, which have all transactions when the Store has been opened.
func (s *Store) HasObjects(class string) (bool, error) {
	if err := checkName(class); err != nil {
		return false, err
	}
	names, err := s.disk.list(classFolder(class))
	return len(names) > 0, err
}

// DeleteClass deletes the objects of a class, with their alarms, durably when it returns.
func (s *Store) DeleteClass(class string) error {
	exist, err := s.HasObjects(class)
	if err != nil {
		return err
	}
	if exist {
		s.committer.segments.drain() // a segment that Leave has left may have changes of the files
		if err := s.disk.remove(classFolder(class)); err != nil {
			return err
		}
		if err := s.disk.syncFolder(objectFolder); err != nil {
			return err
		}
	}
	if err := s.system.write("DELETE FROM positions WHERE class = ?", class); err != nil {
		return err
	}
	return s.system.write("DELETE FROM alarms WHERE class = ?", class)
}

func classFolder(class string) string { return objectFolder + "/" + encodeName(class) }
