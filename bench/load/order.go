package load

import (
	"encoding/json"
	"fmt"
)

// An order of goods, and the invoice that the handler of [Work.JSON] builds from it. The fields are in the order in which the handler
// sets them.
type (
	goods struct {
		Item  string `json:"item"`
		Count int    `json:"count"`
		Price int    `json:"price"`
	}
	orderOfGoods struct {
		Customer string  `json:"customer"`
		Lines    []goods `json:"lines"`
	}
	charge struct {
		goods
		Sum int `json:"sum"`
	}
	invoice struct {
		Customer string   `json:"customer"`
		Lines    []charge `json:"lines"`
		Total    int      `json:"total"`
	}
)

// order returns an order with a length of at least size bytes as JSON, and its invoice.
func order(size int) (sent, expected []byte) {
	in, out := orderOfGoods{Customer: "Kate"}, invoice{Customer: "Kate"}
	for i := 1; len(sent) < size; i++ {
		g := goods{Item: fmt.Sprintf("a box of %d screws", i), Count: i, Price: 10 * i}
		in.Lines = append(in.Lines, g)
		out.Lines = append(out.Lines, charge{g, g.Count * g.Price})
		out.Total += g.Count * g.Price
		sent = marshal(in)
	}
	return sent, marshal(out)
}

func marshal(v any) []byte {
	text, _ := json.Marshal(v) // fails for none of these types
	return text
}
