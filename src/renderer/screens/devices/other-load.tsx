import { NumberInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

type Props = {
  readonly circuit: string;
  readonly value: number | string;
  readonly onChange: (value: number | string) => void;
};

/** Asked where a circuit loses the meter that alone knew what else it carries. */
export function OtherLoad({ circuit, value, onChange }: Props) {
  const { t } = useTranslation("devices");
  return (
    <NumberInput
      label={t("form.otherLoad", { circuit })}
      description={t("form.otherLoadHint")}
      suffix=" A"
      min={0}
      max={1000}
      value={value}
      onChange={onChange}
    />
  );
}
