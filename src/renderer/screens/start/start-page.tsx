import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconBulb, IconFileUpload } from "../../components/icons.ts";
import { Trouble } from "../../components/trouble.tsx";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { troubleData } from "../../lib/data/trouble.ts";
import { SiteProblems } from "./site-problems.tsx";
import css from "./start-page.module.css";
import { problemsIn, SITE_FILE_BYTES_MAX } from "./start-view.ts";

/** What a new owner sees first: try the demo, or open the file that describes the own site. */
export function StartPage() {
  const { t } = useTranslation("start");
  const { state } = useConnection();
  return (
    <div className={css["start"]}>
      <header>
        <h1 className={css["title"]}>{t("title")}</h1>
        <p className={css["lead"]}>{t("lead")}</p>
      </header>
      <div className={css["doors"]}>
        <DemoDoor disabled={state !== "open"} />
        <FileDoor disabled={state !== "open"} />
      </div>
    </div>
  );
}

function DemoDoor({ disabled }: { readonly disabled: boolean }) {
  const { t } = useTranslation("start");
  const api = useApi();
  const { mutate, isPending, error } = useMutation({ mutationFn: () => api.app.startDemo() });
  return (
    <section className={css["door"]}>
      <IconBulb size={28} stroke={1.75} aria-hidden />
      <h2>{t("demo.title")}</h2>
      <p>{t("demo.text")}</p>
      <Button
        loading={isPending}
        disabled={disabled}
        onClick={() => {
          mutate();
        }}
      >
        {t("demo.button")}
      </Button>
      {error !== null && <Trouble error={error} />}
    </section>
  );
}

function FileDoor({ disabled }: { readonly disabled: boolean }) {
  const { t } = useTranslation("start");
  const api = useApi();
  const chooser = useRef<HTMLInputElement>(null);
  const { mutate, isPending, error, variables } = useMutation({
    mutationFn: async (file: File) => api.app.importSite({ yaml: await file.text() }),
  });
  const problems = problemsIn(troubleData(error));
  const choose = (event: ChangeEvent<HTMLInputElement>): void => {
    const file = event.currentTarget.files?.[0];
    // The same file may be chosen again after it was corrected.
    event.currentTarget.value = "";
    if (file !== undefined) mutate(file);
  };
  const tooLarge = variables !== undefined && variables.size > SITE_FILE_BYTES_MAX;
  return (
    <section className={css["door"]} data-wide={problems.length > 0}>
      <IconFileUpload size={28} stroke={1.75} aria-hidden />
      <h2>{t("file.title")}</h2>
      <p>{t("file.text")}</p>
      <input
        ref={chooser}
        className="visually-hidden"
        type="file"
        accept=".yaml,.yml,application/yaml,text/yaml"
        aria-label={t("file.button")}
        tabIndex={-1}
        onChange={choose}
      />
      <Button
        variant="default"
        loading={isPending}
        disabled={disabled}
        onClick={() => {
          chooser.current?.click();
        }}
      >
        {t("file.button")}
      </Button>
      {error !== null &&
        (problems.length > 0 ? (
          <SiteProblems fileName={variables.name} problems={problems} />
        ) : tooLarge ? (
          <p role="alert">{t("file.tooLarge")}</p>
        ) : (
          <Trouble error={error} />
        ))}
    </section>
  );
}
