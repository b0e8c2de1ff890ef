"""Login and the person's own settings."""

from wtforms import BooleanField, PasswordField, ValidationError
from wtforms.validators import EqualTo

from webapp.services.staff import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from webapp.ui.fields import AtMost, JapaneseForm, MobileNumberField, Required, TextField


class LoginForm(JapaneseForm):
    """Login."""

    login_id = TextField("ログインID", [Required("ログインID"), AtMost(64)])
    password = PasswordField("パスワード", [Required("パスワード")])


class PasswordForm(JapaneseForm):
    """The person's own password."""

    current_password = PasswordField("現在のパスワード", [Required("現在のパスワード")])
    new_password = PasswordField("新しいパスワード", [Required("新しいパスワード")])
    new_password_again = PasswordField(
        "新しいパスワード(確認)",
        [
            Required("新しいパスワードをもう一度", "入力"),
            EqualTo("new_password", "新しいパスワードと一致しません。"),
        ],
    )

    def validate_new_password(self, field: PasswordField) -> None:
        """Length alone: rules about kinds of characters make worse passwords."""
        length = len(field.data or "")
        if not MIN_PASSWORD_LENGTH <= length <= MAX_PASSWORD_LENGTH:
            raise ValidationError(
                f"パスワードは{MIN_PASSWORD_LENGTH}文字から{MAX_PASSWORD_LENGTH}文字の間で入力してください"
                f"(現在{length}文字)。"
            )


class PreferencesForm(JapaneseForm):
    """How the person likes to work."""

    confirm_before_sending = BooleanField(
        "SMS送信前に確認メッセージを表示する", false_values=(False, "", "n")
    )


class OwnNumberForm(JapaneseForm):
    """Where the person's test sends go."""

    mobile_number = MobileNumberField("自分の携帯番号")
