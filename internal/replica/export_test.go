package replica

// SetPartPages sets the number of pages that are read for a part of a snapshot.
func SetPartPages(pages int) { partPages = pages }
