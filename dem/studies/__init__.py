"""One module per notebook: its validated settings (`Config`), its computation (`run`) and its pictures (`draw_…`)."""
