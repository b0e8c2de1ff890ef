"""Drafts, test sends to a person's own number, and what a shortened link is charged."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.create_table(
        "stored_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("submission_key", sa.String(length=64), nullable=False),
        sa.Column("tab", sa.String(length=64), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_stored_draft_customer_id_customer")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_stored_draft_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_draft")),
        sa.UniqueConstraint(
            "staff_id", "customer_id", "submission_key", name=op.f("uq_stored_draft_staff_id_customer_id_submission_key")
        ),
    )
    op.create_index(op.f("ix_stored_draft_customer_id"), "stored_draft", ["customer_id"])
    op.create_index("ix_stored_draft_staff_id_saved_at", "stored_draft", ["staff_id", "saved_at"])
    with op.batch_alter_table("staff") as staff:
        staff.add_column(sa.Column("mobile_number", sa.String(length=14), nullable=True))
    with op.batch_alter_table("office") as office:
        office.add_column(
            sa.Column("shortened_url_is_known", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("office") as office:
        office.alter_column("shortened_url_is_known", server_default=None)
    with op.batch_alter_table("message") as message:
        message.alter_column("customer_id", existing_type=sa.Integer(), nullable=True)
        message.add_column(sa.Column("shortened_links", sa.Integer(), nullable=True))
        message.add_column(sa.Column("shortened_url_length", sa.Integer(), nullable=True))
    op.create_index(
        "uq_message_test_submission_key",
        "message",
        ["staff_id", "submission_key"],
        unique=True,
        sqlite_where=sa.text("customer_id IS NULL"),
        postgresql_where=sa.text("customer_id IS NULL"),
    )


def downgrade() -> None:
    """Back, unless there are test sends: they belong to no customer, and what was sent is never removed."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM message WHERE customer_id IS NULL")):
        raise RuntimeError("test sends are on record, and the older tables have no room for them")
    op.drop_index("uq_message_test_submission_key", table_name="message")
    with op.batch_alter_table("message") as message:
        message.drop_column("shortened_url_length")
        message.drop_column("shortened_links")
        message.alter_column("customer_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("office") as office:
        office.drop_column("shortened_url_is_known")
    with op.batch_alter_table("staff") as staff:
        staff.drop_column("mobile_number")
    op.drop_index("ix_stored_draft_staff_id_saved_at", table_name="stored_draft")
    op.drop_index(op.f("ix_stored_draft_customer_id"), table_name="stored_draft")
    op.drop_table("stored_draft")
