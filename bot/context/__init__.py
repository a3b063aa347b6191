"""What every listener needs: who it is, where to answer, what runs in the background."""
