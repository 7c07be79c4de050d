import { Button, Modal } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconDownload, IconPrinter } from "../../components/icons.ts";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { saveFile } from "../../lib/files/save-file.ts";
import css from "./billing-screen.module.css";

type Props = { readonly invoiceId: string | null; readonly onClose: () => void };

/** The frozen document on screen, to print and to file: the same bytes each time. */
export function PdfView({ invoiceId, onClose }: Props) {
  const { t } = useTranslation("billing");
  const { t: tCommon } = useTranslation();
  return (
    <Modal
      opened={invoiceId !== null}
      onClose={onClose}
      size="60rem"
      title={t("pdf.title")}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      {invoiceId !== null && <Pdf key={invoiceId} invoiceId={invoiceId} />}
    </Modal>
  );
}

function Pdf({ invoiceId }: { readonly invoiceId: string }) {
  const asked = useAsk(["billing", "pdf", invoiceId], (api, signal) => api.billing.pdf({ id: invoiceId }, { signal }));
  return <StateBoundary asked={asked}>{(file) => <PdfFrame file={file} />}</StateBoundary>;
}

function PdfFrame({ file }: { readonly file: File }) {
  const { t } = useTranslation("billing");
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const address = URL.createObjectURL(new Blob([file], { type: "application/pdf" }));
    if (frame.current !== null) frame.current.src = `${address}#toolbar=0&navpanes=0&view=FitH`;
    return () => {
      URL.revokeObjectURL(address);
    };
  }, [file]);
  return (
    <>
      <div className={css["bar"]} style={{ marginBottom: "0.75rem" }}>
        <Button
          variant="default"
          leftSection={<IconPrinter size={16} stroke={1.75} aria-hidden />}
          onClick={() => {
            frame.current?.contentWindow?.print();
          }}
        >
          {t("pdf.print")}
        </Button>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} stroke={1.75} aria-hidden />}
          onClick={() => {
            saveFile(file.name, file);
          }}
        >
          {t("pdf.save")}
        </Button>
        <span className={css["muted"]}>{file.name}</span>
      </div>
      <iframe ref={frame} className={css["pdf"]} title={file.name} />
    </>
  );
}
