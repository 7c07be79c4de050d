import { Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentProps } from "react";

type Props = ButtonProps & Omit<ComponentProps<"a">, keyof ButtonProps>;

const AnchorButton = (props: Props) => <Button component="a" {...props} />;

/** Looks like a button and goes to another screen. */
export const LinkButton = createLink(AnchorButton);
