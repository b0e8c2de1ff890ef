"""The form of a template."""

from wtforms import BooleanField, HiddenField, ValidationError

from webapp.services.sending import MAX_SUBJECT_LENGTH
from webapp.services.sms_templates import MAX_NAME_LENGTH, TemplateValues
from webapp.ui.fields import AtMost, JapaneseForm, MessageBodyField, Required, TextField
from webapp.ui.ids import row_id


class TemplateForm(JapaneseForm):
    """Create and edit a template."""

    name = TextField("設定名", [Required("設定名"), AtMost(MAX_NAME_LENGTH)])
    subject = TextField("件名", [AtMost(MAX_SUBJECT_LENGTH)])
    body = MessageBodyField("本文")
    for_online_meeting = BooleanField("オンライン接客で使用", false_values=(False, "", "n"))
    # The version that the person began with; empty claims none.
    version = HiddenField("版")

    def __init__(self, *args: object, **kwargs: object) -> None:
        """The body is needed; which one may be saved, the rules for text say."""
        super().__init__(*args, **kwargs)
        self.body.flags.required = True

    def validate_version(self, field: HiddenField) -> None:
        """A number, where there is one."""
        try:
            self.begun_with()
        except ValueError as error:
            field.data = ""
            raise ValidationError("正しくありませんでした。もう一度「保存」を押してください。") from error

    def begun_with(self) -> int | None:
        """The version's number; ValueError for what is none."""
        return row_id(str(self.version.data)) if self.version.data else None

    def to_values(self) -> TemplateValues:
        """What the service takes; call it after validation."""
        return TemplateValues(
            name=self.name.data or "",
            subject=self.subject.data or "",
            body=self.body.data or "",
            for_online_meeting=self.for_online_meeting.data,
        )
