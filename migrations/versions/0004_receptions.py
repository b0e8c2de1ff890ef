"""Replies of customers, kept in their log of contacts, and from which day on they are still fetched."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.create_table(
        "reception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reception_id", sa.Text(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("short_code", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_reception_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reception")),
        sa.UniqueConstraint(
            "reception_id",
            "phone_number",
            "occurred_at",
            name=op.f("uq_reception_reception_id_phone_number_occurred_at"),
        ),
    )
    op.create_index(op.f("ix_reception_phone_number"), "reception", ["phone_number"])
    op.create_index(op.f("ix_reception_customer_id"), "reception", ["customer_id"])
    op.create_index(op.f("ix_reception_occurred_at"), "reception", ["occurred_at"])
    op.add_column(
        "interaction",
        sa.Column(
            "reception_id",
            sa.Integer(),
            sa.ForeignKey("reception.id", name=op.f("fk_interaction_reception_id_reception")),
            nullable=True,
        ),
        inline_references=True,
    )
    op.create_index(op.f("ix_interaction_reception_id"), "interaction", ["reception_id"], unique=True)
    op.add_column("office", sa.Column("receptions_open_from", sa.Date(), nullable=True))
    op.add_column("office", sa.Column("receptions_fetched_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("office", sa.Column("receptions_trouble", sa.Text(), nullable=True))


def downgrade() -> None:
    """Back, unless there are replies: what customers wrote is never removed."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM reception")):
        raise RuntimeError("replies of customers are on record, and the older tables have no room for them")
    with op.batch_alter_table("office") as office:
        office.drop_column("receptions_trouble")
        office.drop_column("receptions_fetched_at")
        office.drop_column("receptions_open_from")
    op.drop_index(op.f("ix_interaction_reception_id"), table_name="interaction")
    with op.batch_alter_table("interaction") as interaction:
        interaction.drop_column("reception_id")
    op.drop_index(op.f("ix_reception_occurred_at"), table_name="reception")
    op.drop_index(op.f("ix_reception_customer_id"), table_name="reception")
    op.drop_index(op.f("ix_reception_phone_number"), table_name="reception")
    op.drop_table("reception")
