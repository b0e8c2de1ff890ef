"""What customers replied (お客様からの返信)."""
