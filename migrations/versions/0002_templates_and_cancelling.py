"""Templates with their versions; messages know their template, and who wants them cancelled."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.create_table(
        "sms_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("for_online_meeting", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_template")),
    )
    op.create_index(
        "uq_sms_template_for_online_meeting",
        "sms_template",
        ["for_online_meeting"],
        unique=True,
        sqlite_where=sa.text("for_online_meeting"),
        postgresql_where=sa.text("for_online_meeting"),
    )
    op.create_table(
        "sms_template_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("for_online_meeting", sa.Boolean(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_sms_template_version_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["sms_template.id"],
            name=op.f("fk_sms_template_version_template_id_sms_template"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_template_version")),
        sa.UniqueConstraint(
            "template_id", "number", name=op.f("uq_sms_template_version_template_id_number")
        ),
    )
    op.create_index(op.f("ix_sms_template_version_staff_id"), "sms_template_version", ["staff_id"])

    op.add_column(
        "message",
        sa.Column(
            "template_id",
            sa.Integer(),
            sa.ForeignKey("sms_template.id", name=op.f("fk_message_template_id_sms_template")),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column("message", sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("cancel_tried_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("cancel_refused", sa.Text(), nullable=True))
    op.create_index(op.f("ix_message_template_id"), "message", ["template_id"])
    op.create_index(op.f("ix_message_cancel_requested_at"), "message", ["cancel_requested_at"])


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f("ix_message_cancel_requested_at"), table_name="message")
    op.drop_index(op.f("ix_message_template_id"), table_name="message")
    with op.batch_alter_table("message") as message:
        message.drop_column("cancel_refused")
        message.drop_column("cancel_tried_at")
        message.drop_column("cancel_requested_at")
        message.drop_column("template_id")
    op.drop_index(op.f("ix_sms_template_version_staff_id"), table_name="sms_template_version")
    op.drop_table("sms_template_version")
    op.drop_index("uq_sms_template_for_online_meeting", table_name="sms_template")
    op.drop_table("sms_template")
